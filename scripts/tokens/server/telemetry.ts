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

import {
  createNoopMeter,
  INVALID_SPAN_CONTEXT,
  metrics,
  trace,
  type Attributes,
  type Exception,
  type Span,
  type SpanOptions,
  type Tracer,
} from '@opentelemetry/api';

/** Writes what telemetry would send away to the output of the process, each text once. */
class Writer {
  readonly #written = new Set<string>();

  write(kind: 'metric' | 'trace', name: string, ...values: unknown[]): void {
    const line = `${kind} ${name} ${JSON.stringify(values)}`;
    if (this.#written.has(line)) return;
    this.#written.add(line);
    process.stdout.write(`${line}\n`);
  }
}

class WrittenSpan implements Span {
  readonly #writer: Writer;
  #name: string;

  constructor(writer: Writer, name: string, options?: SpanOptions) {
    this.#writer = writer;
    this.#name = name;
    this.#write('starts', options?.attributes);
  }

  spanContext() {
    return INVALID_SPAN_CONTEXT;
  }

  setAttribute(key: string, value: unknown): this {
    return this.#write({ [key]: value });
  }

  setAttributes(attributes: Attributes): this {
    return this.#write(attributes);
  }

  addEvent(name: string, attributes?: unknown): this {
    return this.#write(name, attributes);
  }

  addLink(link: unknown): this {
    return this.#write(link);
  }

  addLinks(links: unknown[]): this {
    return this.#write(links);
  }

  setStatus(status: unknown): this {
    return this.#write(status);
  }

  updateName(name: string): this {
    this.#name = name;
    return this;
  }

  recordException(exception: Exception): void {
    this.#write(String(exception), (exception as Error).stack);
  }

  isRecording(): boolean {
    return true;
  }

  end(): void {}

  #write(...values: unknown[]): this {
    this.#writer.write('trace', this.#name, ...values);
    return this;
  }
}

/** Makes the process write what its metrics and traces say, as an exporter would send it. Called before anything else runs. */
export function writeTelemetry(): void {
  const writer = new Writer();

  const tracer: Tracer = {
    startSpan: (name, options) => new WrittenSpan(writer, name, options),
    startActiveSpan(name: string, ...rest: unknown[]) {
      const work = rest[rest.length - 1] as (span: Span) => never;
      const options = rest.length > 1 ? (rest[0] as SpanOptions) : undefined;
      return work(new WrittenSpan(writer, name, options));
    },
  };
  trace.setGlobalTracerProvider({ getTracer: () => tracer });

  const instrument = (name: string) => ({
    add: (_value: number, attributes?: unknown) =>
      writer.write('metric', name, attributes),
    record: (_value: number, attributes?: unknown) =>
      writer.write('metric', name, attributes),
  });
  const meter = Object.assign(createNoopMeter(), {
    createCounter: instrument,
    createUpDownCounter: instrument,
    createHistogram: instrument,
    createGauge: instrument,
  });
  metrics.setGlobalMeterProvider({ getMeter: () => meter });
}
