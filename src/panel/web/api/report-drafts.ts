import type { ReportDraft } from "../words/report-draft.ts";

const NAME = "cunshao-reports";
const STORE = "drafts";

/** Keeps drafts of reports in the browser, pictures and voice with them; where that is refused, only the page has them. */
export interface DraftKeeper {
  /** Whether they outlive the page. */
  readonly isLasting: boolean;
  all(): Promise<ReportDraft[]>;
  put(draft: ReportDraft): Promise<void>;
  remove(id: string): Promise<void>;
}

/** Never rejects: a browser in private use, or a full telephone, gives one that forgets. */
export async function openDraftKeeper(): Promise<DraftKeeper> {
  try {
    return keeperIn(await open());
  } catch {
    return FORGETFUL;
  }
}

const FORGETFUL: DraftKeeper = {
  isLasting: false,
  all: async () => [],
  put: async () => undefined,
  remove: async () => undefined,
};

function keeperIn(database: IDBDatabase): DraftKeeper {
  async function within<T>(mode: IDBTransactionMode, work: (store: IDBObjectStore) => IDBRequest<T>) {
    const transaction = database.transaction(STORE, mode);
    const asked = work(transaction.objectStore(STORE));
    // What is written is kept only once the transaction is over.
    await new Promise<void>((resolve, reject) => {
      transaction.oncomplete = () => resolve();
      transaction.onabort = () => reject(transaction.error);
      transaction.onerror = () => reject(transaction.error);
    });
    return asked.result;
  }

  return {
    isLasting: true,
    all: () => within("readonly", (store) => store.getAll() as IDBRequest<ReportDraft[]>),
    async put(draft) {
      await within("readwrite", (store) => store.put(draft));
    },
    async remove(id) {
      await within("readwrite", (store) => store.delete(id));
    },
  };
}

function open(): Promise<IDBDatabase> {
  return new Promise((resolve, reject) => {
    const opening = indexedDB.open(NAME, 1);
    opening.onupgradeneeded = () => opening.result.createObjectStore(STORE, { keyPath: "id" });
    opening.onsuccess = () => resolve(opening.result);
    opening.onerror = () => reject(opening.error);
    opening.onblocked = () => reject(opening.error);
  });
}
