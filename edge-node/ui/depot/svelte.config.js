/** @type {import('@sveltejs/vite-plugin-svelte').SvelteConfig} */
export default {
  compilerOptions: {
    runes: true,
    // Styles go to the bundled file: the content security policy refuses inline ones.
    css: 'external',
  },
};
