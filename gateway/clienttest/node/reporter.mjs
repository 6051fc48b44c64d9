// Prints each finished test as a line of JSON, for node_test.go: {"name": [suite…, test], "error": text where it failed}.
export default async function* report(source) {
  const suites = [];
  for await (const { type, data } of source) {
    if (type === 'test:start') {
      suites[data.nesting] = data.name;
    } else if ((type === 'test:pass' || type === 'test:fail') && !isSuite(data)) {
      yield line([...suites.slice(0, data.nesting), data.name], data.details?.error);
    } else if (type === 'test:fail' && data.details?.error?.failureType !== 'subtestsFailed') {
      // A hook that failed, or a file that could not be loaded.
      yield line([...suites.slice(0, data.nesting), data.name], data.details?.error);
    }
  }
}

function isSuite(data) {
  return data.details?.type === 'suite';
}

function line(name, error) {
  return `${JSON.stringify({ name, error: error && describe(error) })}\n`;
}

function describe(error) {
  const cause = error.cause ?? error;
  return cause.stack ?? cause.message ?? String(cause);
}
