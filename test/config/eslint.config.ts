import antfu from '@antfu/eslint-config'

export default antfu({
  type: 'app',
  vue: true,
  typescript: true,
  ignores: ['out/**', 'resources/**', '**/*.md'],
  rules: {
    // The formatting rules above are house style; these few are ours.
    'antfu/top-level-function': 'off',
    'antfu/reasonable-newline': 'off',
    'antfu/consistent-list-newline': 'off',
    'jsonc/sort-keys': 'off',
    'jsdoc/check-param-names': 'off',
    'vue/singleline-html-element-content-newline': 'off',
    'antfu/if-newline': 'off',
    'no-console': 'off',
    'node/prefer-global/process': 'off',
    'node/prefer-global/buffer': 'off',
    'ts/consistent-type-definitions': 'off',
    'style/max-statements-per-line': ['error', { max: 2 }],
    'vue/max-attributes-per-line': 'off',
  },
})
