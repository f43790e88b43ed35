// Before the first drawing, so that a chosen dark page never flashes light. A classic script: modules come too late.
const chosenTheme = localStorage.getItem('copydock-theme');
if (chosenTheme === 'light' || chosenTheme === 'dark') document.documentElement.dataset.theme = chosenTheme;
