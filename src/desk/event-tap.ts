import type { LedgerEvent } from "../core/event.ts";
import type { LedgerAccount, PulledCopy } from "../core/pulled-copy.ts";

/**
 * Tells of events as soon as a copy has them on disk. Alarms that overtook a backlog are not told again in their place: of one that has
 * ended its beginning would be news. One that comes otherwise there is told as it is now, and the accounts say so, too.
 */
export function tapCopy(
  copy: PulledCopy,
  onEvents: (box: string, events: readonly LedgerEvent[], accounts: readonly LedgerAccount[]) => void,
): PulledCopy {
  return {
    holder: copy.holder,
    async open(box) {
      const ofBox = await copy.open(box);
      return {
        ...ofBox,
        async take(ledger, events, historySeq) {
          const news = (await ofBox.newsOf?.(ledger, events)) ?? events;
          const account = await ofBox.take(ledger, events, historySeq);
          onEvents(box, news, ofBox.accounts());
          return account;
        },
        async takeAhead(ledger, events) {
          await ofBox.takeAhead(ledger, events);
          onEvents(box, events, ofBox.accounts());
        },
      };
    },
    close: () => copy.close(),
  };
}
