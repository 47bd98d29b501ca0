import type { ReactNode } from 'react';

const draw = (children: ReactNode) =>
  function Icon() {
    return (
      <svg
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
        {children}
      </svg>
    );
  };

export const TreeIcon = draw(<path d="M12 4v5m0 0H6v5m6-5h6v5M12 4h.01M6 18h.01M18 18h.01M6 14v4m12-4v4" />);
export const PeopleIcon = draw(
  <path d="M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6 9c0-3.3 2.7-5.5 6-5.5s6 2.2 6 5.5M16 4.5a3.5 3.5 0 0 1 0 6.5m2 3.8c1.8.8 3 2.7 3 5.2" />,
);
export const ActivityIcon = draw(<path d="M3 12h4l3 8 4-16 3 8h4" />);
export const KeyIcon = draw(
  <path d="M14.5 9.5a4.5 4.5 0 1 1-4-4.5 4.5 4.5 0 0 1 4 4.5Zm-1.6 2.9L20 19.5V22h-3v-2.5h-2.5V17L12 14.5" />,
);
export const ChevronIcon = draw(<path d="m8 10 4 4 4-4" />);
export const EnterIcon = draw(<path d="M14 4h4a2 2 0 0 1 2 2v12a2 2 0 0 1-2 2h-4M4 12h11m0 0-4-4m4 4-4 4" />);
export const CloseIcon = draw(<path d="M18 6 6 18M6 6l12 12" />);
export const SearchIcon = draw(<path d="m21 21-4.3-4.3M19 11a8 8 0 1 1-16 0 8 8 0 0 1 16 0Z" />);
export const HelpIcon = draw(
  <path d="M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm-2.7-11.6a2.8 2.8 0 0 1 5.4.9c0 1.9-2.7 2.3-2.7 3.7M12 17h.01" />,
);
export const MoreIcon = draw(<path strokeWidth="3" d="M5 12h.01M12 12h.01M19 12h.01" />);
