// The village page: one page for the people of the village. It sees the box only through /api/v1.

import { createApp } from "vue";
import App from "./App.vue";
import { i18n } from "./i18n.ts";
import "./styles/tokens.css";
import "./styles/base.css";

createApp(App).use(i18n).mount("#app");
