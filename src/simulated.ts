/**
 * The `server` header of every answer of the built-in simulator. The exporter knows by it, whatever its settings, that the
 * numbers are not Vonage's. It is kept here since the simulator and the exporter share no other code.
 */
export const simulatorServer = 'vcc-simulator';

/** How the names of all accounts of the built-in simulator begin. */
export const simulatedPrefix = 'simulated-';
