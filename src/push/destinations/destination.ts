import type { Deliver } from '../outbox/sender.ts';
import type { SeriesTracker } from '../outbox/series-tracker.ts';
import type { Batch } from '../queue/batch.ts';
import { emf } from './emf.ts';
import { otlp } from './otlp.ts';
import type { DestinationOptions, DestinationPorts, Protocol, Scraped } from './protocol.ts';
import { pushgateway } from './pushgateway.ts';
import { remoteWrite } from './remote-write.ts';

/** One destination. */
export interface Destination {
  name: string;
  /** Whether samples that could not be sent now are of use later. */
  lasting: boolean;
  /** The samples of one scrape of an account as batches; series that ended since the last one are ended there too. */
  toBatches(scraped: Scraped, tracker: SeriesTracker): Batch[];
  /** Sends a batch once. */
  deliver: Deliver;
}

const protocols: Record<
  DestinationOptions['type'],
  (options: DestinationOptions, ports: DestinationPorts) => Protocol
> = { 'remote-write': remoteWrite, pushgateway, otlp, emf };

/** Opens a destination; nothing is sent yet. */
export function createDestination(options: DestinationOptions, ports: DestinationPorts): Destination {
  const { name, wants } = options;
  const { format, lasting, encode, deliver } = protocols[options.type](options, ports);

  function toBatches({ account, families, timestampMs }: Scraped, tracker: SeriesTracker): Batch[] {
    const wanted = wants ? families.filter((family) => wants(family.name)) : families;
    const bodies = encode({ account, families: wanted, timestampMs }, tracker);
    return bodies.map((each, part) => ({ account, destination: name, format, timestampMs, part, ...each }));
  }

  return { name, lasting, toBatches, deliver };
}
