import { icons } from '@tenantree/widget';

const draw = (path: string) =>
  function Icon() {
    return (
      <svg
        className="icon"
        width="18"
        height="18"
        viewBox="0 0 24 24"
        fill="none"
        stroke="currentColor"
        strokeWidth="1.75"
        strokeLinecap="round"
        strokeLinejoin="round"
        aria-hidden="true"
      >
        <path d={path} />
      </svg>
    );
  };

export const TreeIcon = draw(icons.TREE);
export const PeopleIcon = draw(icons.PEOPLE);
export const ActivityIcon = draw(icons.ACTIVITY);
export const BarsIcon = draw(icons.BARS);
export const BoxIcon = draw(icons.BOX);
export const ReceiptIcon = draw(icons.RECEIPT);
export const ShareIcon = draw(icons.SHARE);
export const JobsIcon = draw(icons.JOBS);
export const KeyIcon = draw(icons.KEY);
export const LayersIcon = draw(icons.LAYERS);
export const ChevronIcon = draw(icons.CHEVRON_DOWN);
export const CloseIcon = draw(icons.CLOSE);
export const SearchIcon = draw(icons.SEARCH);
export const HelpIcon = draw(icons.HELP);
