/*
 * Copyright 2026 The Flowgate Authors
 *
 * Licensed under the Apache License, Version 2.0 (the "License");
 * you may not use this file except in compliance with the License.
 * You may obtain a copy of the License at
 *
 *     http://www.apache.org/licenses/LICENSE-2.0
 *
 * Unless required by applicable law or agreed to in writing, software
 * distributed under the License is distributed on an "AS IS" BASIS,
 * WITHOUT WARRANTIES OR CONDITIONS OF ANY KIND, either express or implied.
 * See the License for the specific language governing permissions and
 * limitations under the License.
 */

import type { Response } from 'express';
import type { RunStreams } from '../streams/RunStreams';
import type { StreamSink } from '../streams/StreamSink';
import type { OperationHandlers } from './OperationHandler';

/** Begins a response that is a stream of server-sent events. */
function openSink(res: Response): StreamSink {
  res.status(200);
  res.setHeader('Content-Type', 'text/event-stream; charset=utf-8');
  // Neither Backstage's compression nor a proxy may hold back what is small.
  res.setHeader('Cache-Control', 'no-store, no-transform');
  res.setHeader('X-Accel-Buffering', 'no');
  // Nothing follows it, and a backend that ends need not wait for the connection.
  res.setHeader('Connection', 'close');
  res.flushHeaders();
  res.on('error', () => res.destroy());
  if (res.req.method === 'HEAD') res.end();
  return {
    write(text) {
      if (res.writableEnded || res.destroyed) return true;
      const hasRoom = res.write(text);
      // There where something before this plugin holds back what is written.
      (res as { flush?: () => void }).flush?.();
      return hasRoom;
    },
    end() {
      if (!res.writableEnded) res.end();
    },
    destroy() {
      res.destroy();
    },
    onDrain(listener) {
      res.on('drain', listener);
    },
    onClose(listener) {
      if (res.closed || res.destroyed) listener();
      else res.once('close', listener);
    },
  };
}

/** The operation that follows a run. */
export function createStreamRoutes(streams: RunStreams): OperationHandlers {
  return {
    async streamInstanceEvents({ access, path, query, headers, res, renew }) {
      await streams.open({
        access,
        instanceId: path.instanceId,
        after: headers['last-event-id'] ?? query.after,
        renew,
        connect: () => openSink(res),
      });
    },
  };
}
