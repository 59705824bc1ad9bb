interface Package {
  name: string;
  version: string;
  license: string;
  integrity: string;
  text: string;
}

interface Output {
  inputs: Record<string, { bytesInOutput: number }>;
}

export function packagesIn(outputs: readonly Output[], lockedPackages?: object): Package[];
export function toLicenses(packages: readonly Package[]): string;
export function toSbom(about: string, packages: readonly Package[]): object;
