import { walkOver } from './support/isolation-walk.ts';

// Through poolers it goes, too, and by more callers and with every field: isolation-walk.long.test.ts.
walkOver(['straight'], 'one of a kind');
