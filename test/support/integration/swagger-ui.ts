import type { Locator, Page } from 'playwright-core';

export interface ShownAnswer {
  readonly status: number;
  /** The body as the page shows it. */
  readonly body: string;
}

/** Uses the buttons and fields of Swagger UI as a person does. */
export class SwaggerUi {
  constructor(private readonly page: Page) {}

  /** Enters a token in the Authorize dialogue. It replaces the previous token. */
  async authorize(token: string): Promise<void> {
    await this.page.locator('.auth-wrapper button.authorize').first().click();
    const dialogue = this.page.locator('.dialog-ux');
    const bearer = dialogue.locator('.auth-container').filter({ hasText: 'bearer' });
    const logout = bearer.getByRole('button', { name: 'Remove authorization' });
    if (await logout.isVisible()) await logout.click();
    await bearer.locator('input').fill(token);
    await bearer.getByRole('button', { name: 'Apply credentials' }).click();
    await bearer.getByRole('button', { name: 'Close', exact: true }).click();
  }

  /** Executes an operation, with a body if one is given, and returns the answer. */
  async execute(operationId: string, body?: object): Promise<ShownAnswer> {
    const operation = this.page.locator(`.opblock[id$="-${operationId}"]`);
    if (!(await operation.getAttribute('class'))?.includes('is-open')) {
      await operation.locator('.opblock-summary-control').click();
    }
    if (body !== undefined) await operation.locator('textarea.body-param__text').fill(JSON.stringify(body));
    await this.clear(operation);
    await operation.getByRole('button', { name: 'Execute' }).click();
    const answer = operation.locator('.live-responses-table tr.response');
    const status = await answer.locator('.response-col_status').innerText();
    const text = answer.locator('.response-col_description .highlight-code code').first();
    return { status: Number.parseInt(status, 10), body: await text.innerText() };
  }

  /** Clears the previous answer, so that {@link execute} cannot read it instead of the new one. */
  private async clear(operation: Locator): Promise<void> {
    const clear = operation.getByRole('button', { name: 'Clear' });
    if (await clear.isVisible()) await clear.click();
  }
}
