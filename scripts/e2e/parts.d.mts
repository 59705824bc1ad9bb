/** What a getter found: where it is and a sentence about it; it throws Missing otherwise. */
export const getters: {
  prometheus(): { what: string; prometheus: string; promtool: string };
  python(): { what: string; python: string; env: Record<string, string> };
  node24(): { what: string; node: string };
  runtimeClient(): { what: string; client: string; node: string };
};

/** As the getters do. */
export const getNode22: () => { what: string; node: string };
