import { type Child, h } from "./dom.ts";
import { chooseLanguage, currentLanguage, LANGUAGES, type Language } from "./language.ts";

/** The top of both pages: the name, the links to the other page, and the choice of the language. */
export function header(name: string, label: string, ...links: Child[]): HTMLElement {
  const current = currentLanguage();
  const buttons = (Object.keys(LANGUAGES) as Language[]).map((language) =>
    h(
      "button",
      {
        type: "button",
        class: "language",
        lang: language,
        "aria-pressed": String(language === current),
        on: { click: () => chooseLanguage(language) },
      },
      LANGUAGES[language],
    ),
  );
  return h(
    "header",
    { class: "top" },
    h("p", { class: "brand" }, h("span", { class: "mark", "aria-hidden": "true" }), name),
    h("nav", {}, ...links),
    h("div", { class: "languages", role: "group", "aria-label": label }, ...buttons),
  );
}
