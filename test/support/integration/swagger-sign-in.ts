import type { Locator, Page } from 'playwright-core';

/**
 * Signs a person in from Swagger UI. The identity provider opens in its own window, where the person logs in and
 * consents.
 */
export async function signInFrom(page: Page, login: string): Promise<void> {
  await page.locator('.auth-wrapper button.authorize').first().click();
  const scheme = page.locator('.auth-container').filter({ hasText: 'Flow:' });
  const [provider] = await Promise.all([
    page.waitForEvent('popup'),
    scheme.getByRole('button', { name: 'Apply given OAuth2 credentials' }).click(),
  ]);
  const closed = provider.waitForEvent('close');
  await provider.locator('input[name=login]').fill(login);
  await provider.locator('input[name=password]').fill('not checked');
  await provider.getByRole('button', { name: 'Sign-in' }).click();
  await provider.getByRole('button', { name: 'Continue' }).click();
  await closed;
  await scheme.getByText('Logout', { exact: true }).waitFor();
  await page.locator('.close-modal').click();
}

/** Enters the value of a parameter of an operation. */
export async function fillIn(page: Page, operationId: string, name: string, value: string): Promise<void> {
  const operation = await opened(page, operationId);
  await operation.locator(`tr[data-param-name="${name}"] input`).fill(value);
}

/** Executes an operation whose answer has no body, and returns the status. */
export async function statusOf(page: Page, operationId: string): Promise<number> {
  const operation = await opened(page, operationId);
  await operation.getByRole('button', { name: 'Execute' }).click();
  const status = operation.locator('.live-responses-table tr.response .response-col_status');
  return Number.parseInt(await status.innerText(), 10);
}

async function opened(page: Page, operationId: string): Promise<Locator> {
  const operation = page.locator(`.opblock[id$="-${operationId}"]`);
  if (!(await operation.getAttribute('class'))?.includes('is-open')) {
    await operation.locator('.opblock-summary-control').click();
  }
  return operation;
}
