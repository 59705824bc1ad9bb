import type { Family } from '../catalogue/metric.ts';
import type { Carry } from './carry.ts';
import { emf } from './emf-protocol.ts';
import { otlp } from './otlp-protocol.ts';
import type { Parcel } from './parcel.ts';
import type { DestinationOptions, DestinationPorts, Protocol } from './protocol.ts';
import { pushgateway } from './pushgateway.ts';
import { remoteWrite } from './remote-write.ts';
import { createLiving, type SavedSeries } from './stale.ts';

/** Samples of one account on their way to one destination. */
export interface Stream {
  /** What a scrape is sent as. */
  next(families: readonly Family[], timestampMs: number): Parcel[];
  /** What {@link next} gave last will not arrive. */
  lost(): void;
  save(): SavedSeries;
}

/** One destination. */
export interface Destination {
  name: string;
  /** Whether what could not be sent now is of use later. */
  lasting: boolean;
  open(account: string, saved?: SavedSeries): Stream;
  /** Sends a parcel once. */
  deliver: Carry;
}

const protocols: Record<
  DestinationOptions['type'],
  (options: DestinationOptions, ports: DestinationPorts) => Protocol
> = { 'remote-write': remoteWrite, pushgateway, otlp, emf };

/** Opens a destination; nothing is sent yet. */
export function createDestination(options: DestinationOptions, ports: DestinationPorts): Destination {
  const { name, wants } = options;
  const { format, lasting, encode, deliver } = protocols[options.type](options, ports);

  function open(account: string, saved?: SavedSeries): Stream {
    const living = createLiving(saved);
    return {
      next(families, timestampMs) {
        const wanted = wants ? families.filter((family) => wants(family.name)) : families;
        const bodies = encode({ account, families: wanted, timestampMs }, living);
        return bodies.map((each, part) => ({
          account,
          destination: name,
          format,
          timestampMs,
          part,
          ...each,
        }));
      },
      lost: living.lost,
      save: living.save,
    };
  }

  return { name, lasting, open, deliver };
}
