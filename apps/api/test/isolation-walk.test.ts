import { walkOver } from './support/isolation-walk.ts';

// Through poolers it goes, too: isolation-walk.long.test.ts.
walkOver(['straight']);
