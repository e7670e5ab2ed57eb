import { svelte } from '@sveltejs/vite-plugin-svelte';
import { defineConfig } from 'vite';

export default defineConfig({
  // Relative addresses: the page works under any path a proxy mounts it at.
  base: './',
  plugins: [svelte()],
  build: {
    // The content security policy allows files of this origin only: no data: addresses.
    assetsInlineLimit: 0,
    // One script is one round trip on a weak depot Wi-Fi, and nothing is left to load once open.
    cssCodeSplit: false,
    modulePreload: { polyfill: false },
  },
});
