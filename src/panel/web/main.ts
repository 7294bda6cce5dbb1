// The village page: one page for the people of the village. It sees the box only through /api/v1.
// One folder for each thing that people come to do (home, look, speak, alarms, playback, setup), frame/ around them, access/ before
// them, and zones/, sensors/, township/ within them; desk/ is a township's first place, over all its villages, county/ a page of its own; parts/ are used by all, api/ speaks with the box, live/ plays pictures and takes
// the voice, shell/ keeps the page in the browser, words/ says things without a browser, messages/ has every word that is shown.

import "./shell/older-engines.ts";
import { createApp } from "vue";
import App from "./App.vue";
import { followDisplay } from "./api/display.ts";
import { router } from "./frame/views.ts";
import { i18n, useLanguage } from "./i18n.ts";
import { keepPage } from "./shell/app-shell.ts";
import "./styles/tokens.css";
import "./styles/base.css";
import "./styles/print.css";

followDisplay(useLanguage);
keepPage();
createApp(App).use(router).use(i18n).mount("#app");
