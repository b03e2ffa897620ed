// Everything here is an enhancement: each page works without it. No module starts anything irreversible.
import { startCopying } from "./copy.js";
import { startDecisionGuard } from "./decision.js";
import { startDrafts } from "./drafts.js";
import { startFolding } from "./fold.js";
import { startForms } from "./forms.js";
import { startPasskeys } from "./passkeys.js";
import { startLog } from "./log.js";
import { startMenus } from "./menus.js";
import { startPolling } from "./polling.js";
import { startShortcuts } from "./shortcuts.js";
import { startTime } from "./time.js";

startCopying();
startDecisionGuard();
startDrafts();
startFolding();
startPasskeys();
startForms();
startLog();
startMenus();
startPolling();
startShortcuts();
startTime();
