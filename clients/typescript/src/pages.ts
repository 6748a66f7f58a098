/** One page of a list. */
export interface Page<Item> {
  readonly items: readonly Item[];
  /** Names the next page. Undefined on the last page. */
  readonly next: string | undefined;
}

/** A list that is read page by page, while you iterate over it. */
export class Pages<Item, OnePage extends Page<Item> = Page<Item>> implements AsyncIterable<Item> {
  readonly #read: (cursor: string | undefined) => Promise<OnePage>;

  constructor(read: (cursor: string | undefined) => Promise<OnePage>) {
    this.#read = read;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Item, void, undefined> {
    for await (const page of this.pages()) yield* page.items;
  }

  /** Iterate over whole pages. */
  async *pages(): AsyncGenerator<OnePage, void, undefined> {
    let cursor: string | undefined;
    do {
      const page = await this.#read(cursor);
      yield page;
      cursor = page.next;
    } while (cursor !== undefined);
  }

  /** Return the first item, or undefined if the list is empty. */
  async first(): Promise<Item | undefined> {
    for await (const item of this) return item;
    return undefined;
  }

  /** Read all pages, and return their items. */
  async all(): Promise<Item[]> {
    const items: Item[] = [];
    for await (const item of this) items.push(item);
    return items;
  }
}

/** Return the cursor of the next page, from the header `Link` (RFC 8288), or undefined on the last page. */
export function nextCursor(response: Response): string | undefined {
  const address = /<([^>]*)>\s*;[^,]*\brel="?next\b/i.exec(response.headers.get("Link") ?? "")?.[1];
  if (address === undefined) return undefined;
  return new URL(address, "http://page.invalid").searchParams.get("cursor") ?? undefined;
}
