// The timeouts of the functions, in seconds. They depend on the settings.

/** Lambda ends an invocation of push before the next one starts. */
const pushTimeout = ({ settings }) => settings.VCC_PUSH_PERIOD / 1000 - 3;
/** Longer than a scrape. API Gateway gives up after 30 seconds. */
const metricsTimeout = ({ settings, endpoint }) =>
  Math.min(Math.ceil(settings.VCC_TIMEOUT / 1000) + 5, endpoint === 'http-api' ? 29 : 900);

/**
 * The timeout of deliver. As AWS recommends, queues hide a message for six times the timeout of the
 * function that receives it.
 */
const deliverTimeout = 60;

module.exports = { deliverTimeout, metricsTimeout, pushTimeout };
