/** The page's language: that of the browser, or the one that the visitor has chosen. */

export const LANGUAGES = { en: "English", da: "Dansk" } as const;
export type Language = keyof typeof LANGUAGES;

const KEY = "bookme-language";

/** Texts of one page in every language. All languages have the same texts. */
export type Texts<Entries> = { readonly [Name in Language]: Entries };

/** Return the language for this visitor. */
export function currentLanguage(): Language {
  const wanted = [localStorage.getItem(KEY) ?? "", ...navigator.languages];
  const known = wanted.map((each) => each.slice(0, 2).toLowerCase()).find((each) => each in LANGUAGES);
  return (known as Language | undefined) ?? "en";
}

/** Keep the visitor's choice, and show the page again in that language. */
export function chooseLanguage(language: Language): void {
  localStorage.setItem(KEY, language);
  location.reload();
}

/** The texts of this visitor's language. Sets the language of the document too, for screen readers. */
export function textsOf<Entries>(texts: Texts<Entries>): Entries {
  const language = currentLanguage();
  document.documentElement.lang = language;
  return texts[language];
}
