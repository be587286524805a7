// A person of the story: signs in at the development issuer and uses the API as any client could.

export interface Stage {
  readonly productUrl: string;
  readonly sandboxUrl: string;
  /** Fires the minute's cron once. */
  readonly tick: () => Promise<void>;
}

/** A person with a token: what the story's actors do is what any API client could do. */
export class Person {
  readonly #stage: Stage;
  readonly #token: string;
  constructor(stage: Stage, token: string) {
    this.#stage = stage;
    this.#token = token;
  }

  static async signedIn(stage: Stage, name: string): Promise<Person> {
    const body = new URLSearchParams({ grant_type: 'client_credentials', client_id: name });
    const answer = await fetch(`${stage.sandboxUrl}/_sandbox/identity/token`, { method: 'POST', body });
    const { access_token: token } = (await answer.json()) as { access_token: string };
    return new Person(stage, token);
  }

  async find<T>(path: string): Promise<T | undefined> {
    const answer = await fetch(`${this.#stage.productUrl}/v1${path}`, {
      headers: { authorization: `Bearer ${this.#token}` },
    });
    if (answer.status === 404) return undefined;
    const body = await answer.json();
    if (!answer.ok) throw new Error(`GET ${path} answered ${answer.status}: ${JSON.stringify(body)}`);
    return body as T;
  }

  async read<T>(path: string): Promise<T> {
    const found = await this.find<T>(path);
    if (found === undefined) throw new Error(`GET ${path} answered 404`);
    return found;
  }

  async post<T>(path: string, body: object): Promise<T> {
    const answer = await fetch(`${this.#stage.productUrl}/v1${path}`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${this.#token}`,
        'content-type': 'application/json',
        'idempotency-key': crypto.randomUUID(),
      },
      body: JSON.stringify(body),
    });
    const answered = await answer.json();
    if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${JSON.stringify(answered)}`);
    return answered as T;
  }
}
