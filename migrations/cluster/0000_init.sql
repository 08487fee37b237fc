CREATE TABLE `changes` (
	`rv` integer PRIMARY KEY NOT NULL,
	`resource` text NOT NULL,
	`namespace` text NOT NULL,
	`name` text NOT NULL,
	`type` integer NOT NULL,
	`prev` integer NOT NULL,
	`at` integer NOT NULL,
	`body` text NOT NULL
);
--> statement-breakpoint
CREATE TABLE `entries` (
	`key` text NOT NULL,
	`value` text NOT NULL,
	`resource` text NOT NULL,
	`namespace` text NOT NULL,
	`name` text NOT NULL,
	PRIMARY KEY(`key`, `value`, `resource`, `namespace`, `name`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `meta` (
	`key` text PRIMARY KEY NOT NULL,
	`value` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `objects` (
	`resource` text NOT NULL,
	`namespace` text NOT NULL,
	`name` text NOT NULL,
	`rv` integer NOT NULL,
	`logged` integer NOT NULL,
	`body` text,
	PRIMARY KEY(`resource`, `namespace`, `name`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `timers` (
	`owner` text NOT NULL,
	`key` text NOT NULL,
	`at` integer NOT NULL,
	PRIMARY KEY(`owner`, `key`)
) WITHOUT ROWID;
