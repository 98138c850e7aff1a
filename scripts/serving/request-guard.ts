/** Keeps the process alive when a request handler fails. */
import { type IncomingMessage, type ServerResponse, STATUS_CODES } from 'node:http';
import type { Logger } from 'pino';

export type RequestHandler = (request: IncomingMessage, response: ServerResponse) => Promise<void>;

/**
 * Wraps a request handler. If the handler fails, the client gets an answer. Errors of the request's streams are caught.
 */
export function guardRequests(
  handle: RequestHandler,
  logger: Logger,
): (request: IncomingMessage, response: ServerResponse) => void {
  return (request, response) => {
    const ignore = (error: Error): void => logger.debug({ err: error }, 'a connection broke off');
    request.on('error', ignore);
    response.on('error', ignore);
    handle(request, response).catch((error: unknown) => {
      logger.error({ err: error, method: request.method, url: request.url }, 'a request could not be answered');
      answerText(response, 500);
    });
  };
}

/**
 * Sends a short text. If the response has already begun, the server ends the connection, because it can no longer send
 * an error.
 */
export function answerText(
  response: ServerResponse,
  status: number,
  text = `${STATUS_CODES[status] ?? status}.`,
): void {
  if (response.headersSent) {
    response.destroy();
    return;
  }
  response.writeHead(status, { 'content-type': 'text/plain; charset=utf-8', 'x-content-type-options': 'nosniff' });
  response.end(`${text}\n`);
}
