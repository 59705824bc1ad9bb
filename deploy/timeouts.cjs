// Seconds that functions may run; they follow from the settings.

/** Lambda ends push before the next one starts. */
const pushTimeout = ({ settings }) => settings.VCC_PUSH_PERIOD / 1000 - 3;
/** A scrape ends first; API Gateway waits for 29 seconds at most. */
const metricsTimeout = ({ settings, endpoint }) =>
  Math.min(Math.ceil(settings.VCC_TIMEOUT / 1000) + 5, endpoint === 'http-api' ? 29 : 900);

/**
 * Queues hide a message for six times as long as the function that gets it may run, as AWS
 * recommends.
 */
const deliverTimeout = 60;

module.exports = { deliverTimeout, metricsTimeout, pushTimeout };
