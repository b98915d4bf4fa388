;;; Used as a user would use it: docs/editors/emacs is on `load-path', and lsp-mode is asked for what its commands do. -*- lexical-binding: t -*-
(require 'package)
(package-initialize)            ; finds Debian's packages
(require 'cl-lib)
(require 'flymake)

(defun in-project (path) (expand-file-name path (getenv "PROJECT")))

(defun check (ok form &rest rest)
  (princ (concat (if ok "ok - " "FAIL - ") (apply #'format form rest) "\n"))
  (unless ok
    (princ (with-current-buffer "*Messages*" (buffer-string)))
    (kill-emacs 1)))

(defun eventually (text condition)
  (with-timeout (60) (while (not (funcall condition)) (accept-process-output nil 0.05)))
  (check (funcall condition) text))

(defun found (part)
  "The diagnostic of this buffer whose message has PART."
  (seq-find (lambda (each) (string-match-p part (gethash "message" each)))
            (gethash (lsp--fix-path-casing buffer-file-name) (lsp-diagnostics t))))

(defun choose (part diagnostic)
  "Pick the action whose title has PART where DIAGNOSTIC stands, as `M-x lsp-execute-code-action' has it picked."
  (goto-char (point-min))
  (forward-line (gethash "line" (gethash "start" (gethash "range" diagnostic))))
  (cl-letf (((symbol-function 'lsp--select-action)
             (lambda (actions)
               (let ((action (seq-find (lambda (each) (string-prefix-p part (gethash "title" each))) actions)))
                 (check action "offered: %s" (mapconcat (lambda (each) (gethash "title" each)) actions "; "))
                 action))))
    (lsp-execute-code-action (lsp--select-action (lsp-code-actions-at-point)))))

(require 'cucurbit-lsp-mode)
(setq lsp-auto-guess-root t lsp-enable-snippet nil lsp-warn-no-matched-clients nil lsp-restart 'ignore
      lsp-session-file (in-project ".lsp-session") lsp-response-timeout 60 lsp-idle-delay 0.05
      lsp-diagnostics-provider :none make-backup-files nil auto-save-default nil create-lockfiles nil)
(add-hook 'python-mode-hook #'lsp)  ; not `lsp-deferred', as Emacs is never idle here
(find-file (in-project "app/models_extra.py"))
(eventually "connected" #'lsp-workspaces)
(eventually "the finding is shown" (lambda () (found "Autogenerate misses 2 tables")))
(let ((buffer (current-buffer)))
  (choose "Create app/models_all.py importing 3 model modules and route" (found "Autogenerate misses 2 tables"))
  (eventually "the aggregator is created" (lambda () (find-buffer-visiting (in-project "app/models_all.py"))))
  (with-current-buffer buffer
    (eventually "the finding is gone" (lambda () (not (found "Autogenerate misses")))))
  ;; lsp-mode visits the new file before it creates it, so that Emacs asks before it saves that.
  (cl-letf (((symbol-function 'yes-or-no-p) (lambda (prompt) (princ (format "asked: %s\n" prompt)) t))
            ((symbol-function 'userlock--ask-user-about-supersession-threat) #'ignore))
    (save-some-buffers t))
  (find-file (in-project "app/models_domain.py"))
  (eventually "findings of another file" (lambda () (found "reserved name")))
  (choose "Rename Payout.metadata to metadata_" (found "reserved name"))
  (eventually "that finding is gone" (lambda () (not (found "reserved name"))))
  (save-buffer))
