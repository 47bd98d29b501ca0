import { walkOver } from './support/isolation-walk.ts';
import { WAYS } from './support/way.ts';

walkOver(WAYS, 'all');
