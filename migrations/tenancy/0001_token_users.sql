ALTER TABLE `tokens` ADD `user` text;--> statement-breakpoint
ALTER TABLE `tokens` ADD `groups` text;