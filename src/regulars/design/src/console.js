// The console's behaviour. Pages are plain HTML that the server renders; htmx replaces parts of them, and what follows
// only adds ease: everything can be reached without it but the parts that load by themselves.

import "./console.css";
import htmx from "htmx.org/dist/htmx.esm.js";
import { completeConditions } from "./console/completing.js";
import { copyOnClick } from "./console/copying.js";
import { openDefinitionsOnHover } from "./definitions.js";
import { openDialogs } from "./console/dialogs.js";
import { boundFiles } from "./console/files.js";
import { keepWhatIsTyped } from "./console/filtering.js";
import { closeMenusOutside } from "./console/menus.js";
import { usePalette } from "./console/palette.js";
import { usePasskeys } from "./console/passkeys.js";
import { sendOnce, sendOnChange, tellFailures } from "./console/requests.js";
import { countSelection } from "./console/selection.js";
import { listenToKeys } from "./console/shortcuts.js";
import { keepTill } from "./console/till.js";
import { dismissToasts } from "./console/toasts.js";

// Under our content security policy nothing may be evaluated and no style sheet be written into the page. Pages hold
// personal data, so none is kept in the browser's storage: going back asks the server again.
Object.assign(htmx.config, {
  allowEval: false,
  allowScriptTags: false,
  includeIndicatorStyles: false,
  historyCacheSize: 0,
  // What comes in answers at once: who is quick would else click on what does not listen yet.
  defaultSettleDelay: 0,
  refreshOnHistoryMiss: true,
  selfRequestsOnly: true,
  scrollIntoViewOnBoost: false,
});

document.documentElement.classList.add("scripted");
openDialogs();
closeMenusOutside();
openDefinitionsOnHover();
countSelection();
copyOnClick();
completeConditions();
dismissToasts();
sendOnce();
sendOnChange();
tellFailures();
boundFiles();
keepWhatIsTyped();
usePalette();
usePasskeys();
listenToKeys();
keepTill();
