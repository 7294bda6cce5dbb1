import { createRouter, createWebHashHistory } from "vue-router";
import AlarmsView from "../alarms/AlarmsView.vue";
import HomeView from "../home/HomeView.vue";
import LookView from "../look/LookView.vue";
import FindingView from "../playback/FindingView.vue";
import SetUpView from "../setup/SetUpView.vue";
import SpeakView from "../speak/SpeakView.vue";

/** Behind the hash, so that the box serves one page whatever is looked at, and Back goes back. */
export const router = createRouter({
  history: createWebHashHistory(),
  routes: [
    { path: "/", name: "home", component: HomeView },
    { path: "/look", name: "look", component: LookView },
    { path: "/speak", name: "speak", component: SpeakView },
    { path: "/alarms", name: "alarms", component: AlarmsView },
    { path: "/playback", name: "playback", component: FindingView },
    { path: "/setup", name: "setup", component: SetUpView },
    { path: "/:nowhere(.*)*", redirect: "/" },
  ],
  scrollBehavior: (_to, _from, saved) => saved ?? { top: 0 },
});

export type ViewName = "home" | "look" | "speak" | "alarms" | "playback" | "setup";
