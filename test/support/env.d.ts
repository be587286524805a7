declare namespace Cloudflare {
  interface Env {
    CHECKER_MIGRATIONS: import('cloudflare:test').D1Migration[];
    /** The checker's own database and credential, beside those of the product. */
    CHECKER_DB: D1Database;
    CHECKER_AUTH_TOKEN: string;
    CHECKER_CREDENTIAL_ID: string;
    CHECKER_PRIVATE_KEY: string;
    TEST_MIGRATIONS: import('cloudflare:test').D1Migration[];
    /** What the answers of the sandbox are compared with: the JSON of a Contract. */
    DFNS_CONTRACT: string;
    /** Of the points at which a process can die, each nth is tried. */
    CRASH_STRIDE: string;
    /** How many rows the payout batch has that is run through faults. */
    PAYOUT_ROWS: string;
    PAYROLL_ROWS: string;
    /** How many requests the fuzz test makes. */
    FUZZ_CASES: string;
    EVENT_CASES: string;
    /** How many random orders are previewed and then run. */
    PREVIEW_CASES: string;
    /** How many accounts the sweep of the cost test goes through. */
    SWEEP_ACCOUNTS: string;
    DFNS_ORG_ID: string;
    DFNS_AUTH_TOKEN: string;
    DFNS_CREDENTIAL_ID: string;
    DFNS_PRIVATE_KEY: string;
    DFNS_WEBHOOK_SECRETS: string;
    ATTESTATION_KEY: string;
    NOTICE_KEYS: string;
  }
}
