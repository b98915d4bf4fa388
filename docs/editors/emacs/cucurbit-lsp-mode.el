;;; cucurbit-lsp-mode.el --- Cucurbit for lsp-mode  -*- lexical-binding: t -*-

;; The language server for SQLAlchemy and Alembic projects, beside whatever else serves Python there.
;; Goes to a folder of `load-path', with cucurbit-project.el; then in init.el:
;;   (require 'cucurbit-lsp-mode)
;;   (add-hook 'python-mode-hook #'lsp-deferred)

;;; Code:

(require 'cucurbit-project)
(require 'lsp-mode)

(defgroup lsp-cucurbit nil "Cucurbit, for SQLAlchemy and Alembic projects." :group 'lsp-mode)

(defcustom lsp-cucurbit-command '("cucurbit" "serve")
  "The command that starts the server."
  :type '(repeat string))

(lsp-register-client
 (make-lsp-client :new-connection (lsp-stdio-connection (lambda () lsp-cucurbit-command))
                  :activation-fn (lsp-activate-on "python")
                  :server-id 'cucurbit
                  :add-on? t
                  :multi-root t))

(provide 'cucurbit-lsp-mode)
;;; cucurbit-lsp-mode.el ends here
