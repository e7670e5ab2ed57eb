// Who may do what, to show only what will not be refused. The edge decides again on every command.

import type { Role } from './api.ts';

const MAY: Record<Exclude<Role, 'manager'>, readonly string[]> = {
  clerk: ['receive-goods', 'move-stock', 'start-count', 'record-count', 'take-back', 'pick-line', 'pack-order', 'measure-article', 'answer-proposal'],
  cashier: [
    'sell', 'place-order', 'reserve-order', 'cancel-order', 'register-customer', 'edit-customer', 'refund-order',
    'count-handover', 'declare-handover', 'cosign-handover', 'hand-over-remote-sale', 'locate-customer', 'locate-order', 'describe-delivery',
  ],
  picker: ['pick-line', 'pack-order', 'move-stock', 'describe-delivery'],
  dispatcher: [
    'dispatch-orders', 'record-delivery', 'record-failed-delivery', 'take-back', 'declare-handover', 'cosign-handover',
    'register-rider', 'place-order', 'reserve-order', 'register-vehicle', 'assign-vehicle', 'locate-customer', 'locate-order', 'describe-delivery',
    'measure-article', 'lock-manifests', 'hand-out-manifest', 'report-arrival', 'report-delay', 'cancel-manifest',
  ],
  rider: ['report-arrival', 'report-delay', 'record-delivery', 'record-failed-delivery', 'declare-handover', 'cosign-handover'],
};

export function may(role: Role, ...commands: string[]): boolean {
  return role === 'manager' || commands.some((command) => MAY[role].includes(command));
}
