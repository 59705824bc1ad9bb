/** Globals that Grafana's packages expect in the window before they are loaded. */
Object.assign(window, {
  __grafana_public_path__: '/public/',
  grafanaBootData: { settings: {}, user: {}, navTree: [] },
  System: { import: () => Promise.resolve({}), register: () => undefined },
});
