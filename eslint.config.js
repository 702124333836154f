import tseslint from 'typescript-eslint';

/** Engines differ in the last bits of these; `src/runtime/math.ts` has the library's own. sqrt, abs, min, max, floor … are exact. */
const INEXACT = [
  ...['acos', 'acosh', 'asin', 'asinh', 'atan', 'atan2', 'atanh', 'cbrt', 'cos', 'cosh', 'exp', 'expm1', 'hypot', 'log', 'log10'],
  ...['log1p', 'log2', 'pow', 'sin', 'sinh', 'tan', 'tanh', 'random'],
];

/** Arrows point one way: cli → posterior → inference → flow, model → transforms, bases, nets, densities → program → runtime. */
const layer = (name, above) => ({
  files: [`src/${name}/**/*.ts`],
  rules: {
    'no-restricted-imports': [
      'error',
      { patterns: [{ group: above, message: `src/${name} knows nothing above it; see the arrows in docs/architecture.md.` }] },
    ],
  },
});
const INFERENCE = ['**/inference/**', '**/posterior/**', '**/cli/**'];
const FLOW = [...INFERENCE, '**/flow.js', '**/flow-programs.js', '**/audit.js', '**/io/flow-file.js'];
const PARTS = [...FLOW, '**/model/**', '**/transforms/**', '**/bases/**', '**/densities/**'];

export default tseslint.config(
  { ignores: ['dist/', 'build/', '**/out/', 'node_modules/', 'assembly/', '*.d.ts'] },
  ...tseslint.configs.recommended,
  {
    rules: {
      '@typescript-eslint/no-non-null-assertion': 'off',
      '@typescript-eslint/no-empty-object-type': 'off',
      '@typescript-eslint/no-unsafe-declaration-merging': 'off',
      '@typescript-eslint/no-unused-vars': ['error', { argsIgnorePattern: '^_', varsIgnorePattern: '^_' }],
    },
  },
  {
    files: ['src/**/*.ts'],
    rules: {
      'no-restricted-properties': ['error', ...INEXACT.map((property) => ({ object: 'Math', property }))],
      'no-restricted-syntax': [
        'error',
        { selector: "BinaryExpression[operator='**'][left.value!=2]", message: 'x ** y is inexact.' },
      ],
    },
  },
  layer('posterior', ['**/cli/**']),
  ...['inference', 'io', 'maps', 'nets'].map((name) => layer(name, ['**/posterior/**', '**/cli/**'])),
  layer('transforms', FLOW),
  layer('bases', FLOW),
  layer('densities', FLOW),
  layer('model', FLOW),
  layer('program', PARTS),
  layer('runtime', [...PARTS, '**/program/**']),
  layer('plot', [...PARTS, '**/maps/**', '**/nets/**', '**/program/**', '**/runtime/**']),
);
