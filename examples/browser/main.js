// Starts the page, or says why it cannot: the library may not be built, or the browser may lack what it needs.

try {
  const { start } = await import('./page.js');
  await start();
} catch (error) {
  document.documentElement.dataset.state = 'failed';
  document.getElementById('status').textContent =
    `This page could not start: ${error.message} If the library is not built yet, run “npm ci” at the root of the repository.`;
  throw error;
}
