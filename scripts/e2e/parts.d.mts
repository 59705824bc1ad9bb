/** What a getter found: where it is and a sentence about it; it throws Missing otherwise. */
export const getters: {
  prometheus(): { what: string; prometheus: string; promtool: string };
  runtimeClient(): { what: string; client: string; node: string };
};
