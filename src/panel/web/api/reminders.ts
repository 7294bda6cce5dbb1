import { reactive, watch } from "vue";

const KEY = "reminders";

/** By what this browser tells of an alarm; kept in it. */
export const reminders = reactive({ sound: true, notifications: false, ...kept() });

function kept(): { sound?: boolean; notifications?: boolean } {
  try {
    const value = JSON.parse(localStorage.getItem(KEY) ?? "{}") as Record<string, unknown> | null;
    return {
      ...(value?.["sound"] === false ? { sound: false } : {}),
      ...(value?.["notifications"] === true && notificationState() === "granted"
        ? { notifications: true }
        : {}),
    };
  } catch {
    // Storage may be forbidden; then all is as usual each time.
    return {};
  }
}

watch(reminders, () => {
  try {
    localStorage.setItem(KEY, JSON.stringify(reminders));
  } catch {}
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
