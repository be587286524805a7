/** The lines of an .env file. A PEM key has several lines of its own, so they are written as \n. */
export const envText = (settings: Record<string, string>): string =>
  Object.entries(settings)
    .map(([name, value]) => `${name}="${value.replaceAll('\n', '\\n')}"`)
    .join('\n');
