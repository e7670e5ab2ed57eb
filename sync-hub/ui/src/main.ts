import '@omniroute/ui/styles/tokens.css';
import '@omniroute/ui/styles/base.css';

import { startLook } from '@omniroute/ui/look.svelte.ts';
import { startClock } from '@omniroute/ui/now.svelte.ts';
import { startRouter } from '@omniroute/ui/router.svelte.ts';
import { onSignedOut } from '@omniroute/ui/view.svelte.ts';
import { addWords, startWords } from '@omniroute/ui/words.svelte.ts';
import sharedEn from '@omniroute/ui/locales/en/shared.ftl?raw';
import sharedFr from '@omniroute/ui/locales/fr/shared.ftl?raw';
import { mount } from 'svelte';
import en from '../locales/en/console.ftl?raw';
import fr from '../locales/fr/console.ftl?raw';
import App from './App.svelte';
import { leave } from './session.svelte.ts';

addWords({ en: [sharedEn, en], fr: [sharedFr, fr] });
startWords();
startLook();
startClock();
startRouter();
onSignedOut(leave);

const target = document.getElementById('app');
if (target) mount(App, { target });
