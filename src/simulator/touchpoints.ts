import { firstNames, lastNames } from './names.ts';
import { Random } from './random.ts';

/** How many phone numbers there are, and a step through all of them that looks random. */
const numbers = 1_000_000_000;
const step = 618_033_987;

/**
 * Phone numbers and email addresses of customers. Each exists once, and a test can search for it in
 * any output. They follow from the seed and from how many there are, so none is kept.
 */
export class Touchpoints {
  readonly #seed: number;
  #phones = 0;
  #emails = 0;
  #latest: number;

  constructor(seed: number) {
    this.#seed = seed;
    this.#latest = this.#first();
  }

  /** Returns a new phone number: 11 digits, the first two of them 07. */
  phone(): string {
    this.#phones++;
    this.#latest = (this.#latest + step) % numbers;
    return toPhone(this.#latest);
  }

  /** Returns a new email address. */
  email(): string {
    return this.#email(this.#emails++);
  }

  /** Returns all that ever existed. */
  *all(): Generator<string, void, void> {
    for (let count = 0, number = this.#first(); count < this.#phones; count++) {
      number = (number + step) % numbers;
      yield toPhone(number);
    }
    for (let index = 0; index < this.#emails; index++) yield this.#email(index);
  }

  #first(): number {
    return Random.of(`${this.#seed}/phones`).below(numbers);
  }

  #email(index: number): string {
    const dice = Random.of(`${this.#seed}/email/${index}`);
    const name = `${dice.pick(firstNames)}.${dice.pick(lastNames)}`;
    const plain = name
      .normalize('NFD')
      .toLowerCase()
      .replaceAll(/[^a-z.]/g, '');
    return `${plain}.${index + 1}@${dice.pick(['mail.example', 'post.example', 'example.net'])}`;
  }
}

function toPhone(number: number): string {
  return `07${String(number).padStart(9, '0')}`;
}
