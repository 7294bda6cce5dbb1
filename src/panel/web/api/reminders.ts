import { reactive, watch } from "vue";

const KEY = "reminders";

/** By what this browser tells of an alarm; kept in it, and the same on all of its pages. */
export const reminders = reactive(kept());

interface Reminders {
  sound: boolean;
  notifications: boolean;
}

function kept(): Reminders {
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, unknown> | null;
    return {
      sound: value?.["sound"] !== false,
      notifications: value?.["notifications"] === true && notificationState() === "granted",
    };
  } catch {
    // Storage may be forbidden; then all is as usual each time.
    return { sound: true, notifications: false };
  }
}

watch(reminders, () => {
  try {
    localStorage.setItem(KEY, JSON.stringify(reminders));
  } catch {}
});

addEventListener("storage", ({ key }) => {
  if (key === KEY) Object.assign(reminders, kept());
});

/** `unavailable`: by plain HTTP from another machine, or in a browser that has none. */
export function notificationState(): NotificationPermission | "unavailable" {
  return isSecureContext && "Notification" in window && "serviceWorker" in navigator
    ? Notification.permission
    : "unavailable";
}

/** Asks the person, if that has to be. */
export async function turnNotificationsOn(): Promise<NotificationPermission | "unavailable"> {
  if (notificationState() === "default") await Notification.requestPermission();
  const state = notificationState();
  reminders.notifications = state === "granted";
  return state;
}
