/**
 * The `server` header of every response of the built-in simulator. With it the exporter recognizes
 * simulated numbers under any settings. It is defined here because the simulator and the exporter
 * share almost no code.
 */
export const simulatorServer = 'vcc-simulator';

/** The prefix of all account names of the built-in simulator. */
export const simulatedPrefix = 'simulated-';
