// The page of a county: how the boxes of its townships are. It sees `/figures` of the county's program and nothing else.

import "../shell/older-engines.ts";
import { createApp } from "vue";
import { followDisplay } from "../api/display.ts";
import { i18n, useLanguage } from "../i18n.ts";
import "../styles/tokens.css";
import "../styles/base.css";
import CountyPage from "./CountyPage.vue";

followDisplay(useLanguage);
createApp(CountyPage).use(i18n).mount("#app");
