import type { Locator, Page } from 'playwright-core';

export interface ShownAnswer {
  readonly status: number;
  /** The body as the page shows it. */
  readonly body: string;
}

/** The buttons and texts of Swagger UI, as a person uses them. */
export class SwaggerUi {
  constructor(private readonly page: Page) {}

  /** Enters a token in the Authorize dialogue and replaces the previous one. */
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

  /** Opens an operation, sends it with a body and reads the answer. */
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

  /** Clears the answer to the previous request, so that it is not mistaken for the next one. */
  private async clear(operation: Locator): Promise<void> {
    const clear = operation.getByRole('button', { name: 'Clear' });
    if (await clear.isVisible()) await clear.click();
  }
}
