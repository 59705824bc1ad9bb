// The baseline: a Node.js process with an HTTP server that always sends the same short answer.
import http from 'node:http';

const server = http.createServer((_, response) => response.end('ok\n'));
server.listen(0, '127.0.0.1', () => process.stdout.write(`http://127.0.0.1:${server.address().port}/\n`));
