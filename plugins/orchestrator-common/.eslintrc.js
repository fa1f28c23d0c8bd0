module.exports = require('@backstage/cli/config/eslint-factory')(__dirname, {
  rules: {
    // The typed client names its methods as HTTP does: client.GET, client.POST.
    'new-cap': ['error', { capIsNew: false }],
  },
});
