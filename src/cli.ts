#!/usr/bin/env node
import 'reflect-metadata';
import { Command } from 'commander';
import { createRootKeyCommand } from './bootstrap/create-root-key.command';
import { exitUnstarted } from './bootstrap/fatal';
import { importCommand } from './bootstrap/import.command';

new Command('keyward')
  .description('Operator commands for a Keyward service.')
  .addCommand(createRootKeyCommand())
  .addCommand(importCommand())
  .parseAsync()
  .catch(exitUnstarted);
