import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../../', import.meta.url));
export const TEST_PAGES = fileURLToPath(new URL('../../../dist/test-pages/', import.meta.url));
export const TEST_PAGE_SOURCES = fileURLToPath(new URL('../pages/', import.meta.url));
