// The service binding that the checker's Worker is given. It carries no credential and offers no write.
import { WorkerEntrypoint } from 'cloudflare:workers';
import { openApp } from '../../app/app.ts';
import type { CheckerFactsSource, Stop, TransferFacts } from '../../domain/checker-facts.ts';
import type { Bindings } from '../../env.ts';
import { checkerFactsOf } from './service.ts';

export class CheckerFacts extends WorkerEntrypoint<Bindings> implements CheckerFactsSource {
  findTransferFacts(asked: Parameters<CheckerFactsSource['findTransferFacts']>[0]): Promise<TransferFacts | null> {
    return checkerFactsOf(openApp(this.env)).findTransferFacts(asked);
  }

  stops(custodyWalletId: string): Promise<readonly Stop[]> {
    return checkerFactsOf(openApp(this.env)).stops(custodyWalletId);
  }
}
